/** What no restart mends: somebody has to change something first. Ends the module with exit code 78. */
export class ConfigurationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigurationError';
  }
}
