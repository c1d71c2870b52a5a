import type { ClusterEvent } from '../../tools/cluster-page/report.ts'

/** The events as they are listed: a node that was killed here is not also listed as ended unexpectedly. */
export const listed = (events: readonly ClusterEvent[]): ClusterEvent[] =>
  events.filter(({ node, what }, at) => what !== 'ended' || events.slice(0, at).findLast((event) => event.node === node)?.what !== 'killed')
