/** What a person who started the daemon in a terminal is told. */
export function greeting(home: string, endpoint: string): string {
  return `
SuperBot is running; its home is ${home}
Talk to it from a second terminal:

  npx superbot-cli status                # all modules
  npx superbot-cli trading balance       # ask the trading module
  npx superbot-cli logs -f -m trading    # follow its log

It answers JSON-RPC 2.0 on ${endpoint}. Ctrl-C stops it and its modules.

`;
}
