import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

// Rules beyond the presets are here because a breach has cost supervisors their users' trust:
// floating promises lose errors, empty catches hide them, a stray environment read or a path in the
// middle of the code is a setting that nobody can find or change.
const swallowed =
  'An error is swallowed here: handle it, log it, or give it to a function whose name says why it may be ignored.';
const swallowedErrors = [
  "ArrowFunctionExpression[body.type='BlockStatement'][body.body.length=0]",
  "ArrowFunctionExpression[body.type='Identifier'][body.name='undefined']",
  'FunctionExpression[body.body.length=0]',
].map((handler) => ({
  selector: `CallExpression[callee.property.name='catch'] > ${handler}`,
  message: swallowed,
}));
const settings =
  'A setting is hard-coded here: it belongs into the configuration (config/schema.ts), with a default.';
const hardCodedSettings = [
  String.raw`Literal[value=/^(https?|wss?|postgres(ql)?|rediss?):\/\/./]`,
  String.raw`Literal[value=/^\/(home|media|mnt|opt|root|srv|tmp|usr|var)\//]`,
].map((selector) => ({ selector, message: settings }));

export default tseslint.config(
  { ignores: ['dist/', '.build/', 'coverage/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': ['error', ...swallowedErrors],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings come in at the edge of a program and are handed on from there.',
        },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    // The edges, where a program meets its environment.
    files: [
      '**/main.ts',
      'cli/{connect,daemon-launch,output,systemd}.ts',
      'daemon/{greeting,run}.ts',
      'daemon/guardian/start-keeper.ts',
      'daemon/keeper/threads/{host,host-process}.ts',
      'modules/api/{database,module}.ts',
      'rpc/endpoint.ts',
      'test/**/*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['{rpc,config,daemon,cli,modules}/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...swallowedErrors, ...hardCodedSettings] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
