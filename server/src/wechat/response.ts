/** A reply of WeChat has some hundred bytes. */
const MAX_ANSWER_BYTES = 16_384

/**
 * The JSON of a reply, which may begin with a byte-order mark. WeChat labels its JSON as text/plain.
 * @throws Error if the reply is no JSON, or too long to be a reply
 */
export async function readAnswer(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('too long')
    text += decoder.decode(chunk, { stream: true })
  }
  return JSON.parse(text + decoder.decode())
}
