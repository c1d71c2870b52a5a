/** An element with classes, and text or children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...content: (string | Node)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...content)
  return element
}

/** Changes the text only if it differs: a screen reader then reads what is new. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** The colour of a node, by its number: the same in every chart, and after a restart. */
export const colourOf = (node: string): string => `n${(Number(/\d+$/.exec(node)?.[0] ?? 1) - 1) % 8}`
