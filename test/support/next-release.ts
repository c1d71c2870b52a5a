/**
 * A server of a release that stores matches in another way: it reads and writes format 1 and a format 2 of its own, whose state a node that
 * knows format 1 only cannot read.
 */
import { FORMATS, type Format } from '../../server/src/match/formats.ts'
import { serve } from '../../server/src/main.ts'

const FORMAT_1 = FORMATS.get(1)
if (!FORMAT_1) throw new Error('there is no format 1')

const FORMAT_2: Format = {
  encodeState: (match) => JSON.stringify({ renamed: FORMAT_1.encodeState(match), added: true }),
  decodeState: (text) => FORMAT_1.decodeState((JSON.parse(text) as { renamed: string }).renamed),
}

serve('server', new Map([...FORMATS, [2, FORMAT_2]]))
