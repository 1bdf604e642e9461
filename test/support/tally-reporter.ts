import Mocha from 'mocha';

const { EVENT_TEST_RETRY, EVENT_RUN_END } = Mocha.Runner.constants;

/**
 * The spec reporter, followed by the tests that were tried again, with why, since a retry hides a
 * race; closed by the one line that scripts read: `N passed, N failed, N skipped`.
 */
export default class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const retries: string[] = [];
    runner.on(EVENT_TEST_RETRY, (test: Mocha.Test, error: Error) => {
      retries.push(`${test.fullTitle()}: ${error.message.split('\n', 1).join()}`);
    });
    runner.once(EVENT_RUN_END, () => {
      for (const retry of retries) process.stdout.write(`tried again: ${retry}\n`);
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
}
