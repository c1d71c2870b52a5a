/** The images that a Dockerfile builds on, without its own stages, with these values for its arguments. */
export function baseImages(dockerfile: string, given: Record<string, string> = {}): string[] {
  const head = dockerfile.slice(0, dockerfile.search(/^FROM /m))
  const values = { ...Object.fromEntries([...head.matchAll(/^ARG (\w+)=(\S*)$/gm)].map(([, name = '', value]) => [name, value])), ...given }
  const stages = new Set<string>()
  const bases = new Set<string>()
  for (const [, image = '', name = ''] of dockerfile.matchAll(/^FROM (\S+)(?: AS (\w+))?$/gm)) {
    if (!stages.has(image)) bases.add(image.replace(/^\$\{(\w+)\}$/, (_, argument: string) => String(values[argument])))
    stages.add(name)
  }
  return [...bases]
}

/** A text of compose.yaml with these variables set, as compose fills in `${NAME:-default}`. */
export const withVariables = (text: string, given: Record<string, string> = {}): string =>
  text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, other: string) => given[name] ?? other)
