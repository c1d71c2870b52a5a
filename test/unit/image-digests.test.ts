/** Digests that are filled in are used everywhere: in the manifests, in every stage of the Dockerfile, in compose.yaml. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../tools/services/node.ts'
import { baseImages, withVariables } from '../support/images.ts'
import { kustomize, type KubernetesObject } from '../support/kustomize.ts'
import { workloads } from '../support/manifests.ts'

const DIGEST = /^[a-z0-9./-]+(:[\w.-]+)?@sha256:[0-9a-f]{64}$/
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const compose = readFileSync(join(ROOT, 'compose.yaml'), 'utf8')

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-overlay-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A folder of k8s/ with these images, in an overlay of its own. */
function over(base: string, images: string): KubernetesObject[] {
  const path = relative(dir, join(ROOT, 'k8s'))
  writeFileSync(
    join(dir, 'kustomization.yaml'),
    `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ['${path}/${base}']\n${images}`,
  )
  return kustomize(dir)
}
const imagesOf = (objects: KubernetesObject[]): string[] =>
  [...JSON.stringify(objects).matchAll(/"image":"([^"]+)"/g)].map(([, image = '']) => image)
/** The first block of this language below a heading of k8s/README.md. */
const readme = (heading: string, language: string): string =>
  readFileSync(join(ROOT, 'k8s/README.md'), 'utf8').split(`### ${heading}\n`)[1]?.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''

test.each(['overlays/production', 'overlays/single', 'archive'])(
  'k8s/%s uses the digests that an overlay fills in, and no image without one',
  (base) => {
    const names: Record<string, string> = {
      'registry.example.com/caiquan': digest('a'),
      nginx: digest('b'),
      redis: digest('c'),
      mysql: digest('d'),
    }
    const images = imagesOf(
      over(
        base,
        `images:\n${Object.entries(names)
          .map(([name, value]) => `  - { name: ${name}, digest: '${value}' }\n`)
          .join('')}`,
      ),
    )
    expect(images.length).toBeGreaterThan(0)
    for (const image of images) {
      expect(image).toMatch(DIGEST)
      const [name = '', value] = image.split('@')
      expect(value).toBe(names[name])
    }
  },
)

test('the example of k8s/README.md, put into the overlay for production, pins all of its images, including the metrics of nginx', () => {
  const pinned = readme('Images by digest', 'yaml')
  const text = readFileSync(join(ROOT, 'k8s/overlays/production/kustomization.yaml'), 'utf8')
  const [, images = ''] = /^images:\n((?:[ #].*\n)+)/m.exec(text) ?? []
  const path = relative(dir, join(ROOT, 'k8s'))
  const filled = text
    .replace(`images:\n${images}`, `${pinned}${readme('Metrics of nginx', 'yaml')}`)
    .replaceAll('../../', `${path}/`)
    .replace(/^ {2}- (network-policies\.yaml)$/m, '')
  writeFileSync(join(dir, 'kustomization.yaml'), filled)
  for (const file of ['authority.yaml', 'authority-migrate.yaml'])
    writeFileSync(join(dir, file), readFileSync(join(ROOT, 'k8s/overlays/production', file)))
  const objects = kustomize(dir)
  expect(imagesOf(objects).length).toBeGreaterThan(5)
  for (const image of imagesOf(objects)) expect(image).toMatch(DIGEST)
  expect(
    workloads(objects)
      .find(({ name }) => name === 'nginx')
      ?.pod.initContainers?.map(({ image }) => image),
  ).toEqual([`registry.example.com/caiquan@${digest('0')}`])
})

test('every stage of the Dockerfile begins from the base image that the build is given', () => {
  const base = `node:24-bookworm-slim@${digest('e')}`
  expect(baseImages(dockerfile, { NODE_IMAGE: base })).toEqual([base])
  expect(dockerfile.match(/^FROM \$\{NODE_IMAGE\} AS/gm)).toHaveLength(2)
  expect(readme('Images by digest', 'sh')).toContain(`--build-arg NODE_IMAGE="${baseImages(dockerfile)[0]}@`)
})

test('compose.yaml takes every image from a variable, and none otherwise', () => {
  const variables = ['NODE_IMAGE', 'NGINX_IMAGE', 'REDIS_IMAGE', 'MYSQL_IMAGE']
  const given = Object.fromEntries(variables.map((name) => [name, `pinned@${digest('f')}`]))
  const { services } = parse(withVariables(compose, given), { merge: true }) as {
    services: Record<string, { image: string; build?: { args: Record<string, string> } }>
  }
  for (const [name, { image, build }] of Object.entries(services)) {
    expect(build ? build.args['NODE_IMAGE'] : image, name).toMatch(DIGEST)
  }
  const plain = parse(withVariables(compose), { merge: true }) as { services: typeof services }
  for (const { build } of Object.values(plain.services)) if (build) expect(baseImages(dockerfile)).toEqual([build.args['NODE_IMAGE']])
})

test('k8s/README.md looks up only images that are used', () => {
  const looked = [...readme('Images by digest', 'sh').matchAll(/digest ([\w.:-]+)\)/g)].map(([, image]) => image)
  const used = new Set([...imagesOf(kustomize(join(ROOT, 'k8s/overlays/production'))), ...baseImages(dockerfile)])
  expect(looked.filter((image) => !used.has(image ?? ''))).toEqual([])
  expect(looked).toHaveLength(2)
})
