/** monitoring.* but health */
import type { Handlers } from '../../rpc/table.ts';
import type { Resources } from '../resources/resources.ts';

const reportSinceDefault = '7d';

export function monitoringMethods(
  resources: Pick<Resources, 'resources' | 'metrics' | 'metricsText' | 'report'>,
): Pick<Handlers, 'monitoring.resources' | 'monitoring.metrics' | 'monitoring.report'> {
  return {
    'monitoring.resources': () => resources.resources(),

    'monitoring.metrics': ({ format = 'json' }) =>
      format === 'json' ? resources.metrics() : resources.metricsText(),

    'monitoring.report': ({ since = reportSinceDefault }) => resources.report(since),
  };
}
