/**
 * `node --import ./server/src/telemetry.ts server/main.ts`: traces by OpenTelemetry, configured by its standard variables.
 * Nothing is loaded unless OTEL_EXPORTER_OTLP_ENDPOINT is set. Its packages are not among ours: docs/runbook.md.
 */
import { register } from 'node:module'

const INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node/register'
/** Modules that are imported, not required, can only be wrapped by a hook. */
const HOOK = '@opentelemetry/instrumentation/hook.mjs'

if (process.env['OTEL_EXPORTER_OTLP_ENDPOINT']) {
  try {
    import.meta.resolve(INSTRUMENTATIONS)
  } catch (error) {
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but @opentelemetry/auto-instrumentations-node is not installed: see "Traces" in ' +
        'docs/runbook.md.',
      { cause: error },
    )
  }
  register(HOOK, import.meta.url)
  await import(INSTRUMENTATIONS)
}
