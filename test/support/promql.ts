import { parser } from '@prometheus-io/lezer-promql'

export interface Mention {
  metric: string
  /** Labels that its selector matches on. */
  labels: string[]
}
export interface Query {
  mentions: Mention[]
  /** Labels that are summed by or without. */
  grouped: string[]
}

/** The metrics and labels of a PromQL expression. @throws if it is not one */
export function readQuery(text: string): Query {
  // Grafana's own variables are in places where a duration is expected.
  const expression = text.replaceAll('$__rate_interval', '5m')
  const query: Query = { mentions: [], grouped: [] }
  let labels: string[] = []
  parser.parse(expression).iterate({
    enter(node) {
      const word = expression.slice(node.from, node.to)
      if (node.type.isError) throw new Error(`not PromQL at character ${node.from}: ${text}`)
      if (node.name === 'Identifier') {
        labels = []
        query.mentions.push({ metric: word, labels: labels })
      }
      if (node.name === 'GroupingLabels') labels = query.grouped
      if (node.name === 'LabelName') labels.push(word)
    },
  })
  return query
}
