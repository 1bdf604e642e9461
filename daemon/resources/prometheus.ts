/**
 * Metrics as the text that Prometheus reads: exposition format 0.0.4,
 * https://prometheus.io/docs/instrumenting/exposition_formats/. Pure.
 */
import type { MetricFamilies, MetricsText } from '../../rpc/shapes-resources.ts';

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Families without a value are left out. */
export function prometheusText(families: MetricFamilies): MetricsText {
  const lines = Object.entries(families).flatMap(([name, { type, help, values }]) =>
    values.length === 0
      ? []
      : [
          `# HELP ${name} ${escapedHelp(help)}`,
          `# TYPE ${name} ${type}`,
          ...values.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
        ],
  );
  return { content_type: prometheusContentType, text: lines.map((line) => `${line}\n`).join('') };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapedLabel(value: string): string {
  return escapedHelp(value).replaceAll('"', '\\"');
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
