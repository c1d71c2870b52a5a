import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { schemaFaults } from '../support/kubernetes-schema.ts'
import { kustomize } from '../support/kustomize.ts'
import { render } from '../support/manifests.ts'
import { mergePatch, patchJson } from '../support/patches.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-kustomize-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const HEAD = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
function put(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), name.endsWith('kustomization.yaml') ? HEAD + text : text)
  }
}

test('a wrong type, a missing field, an unknown field and an unknown kind are all found', async () => {
  const deployment =
    render('local').find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'server') ?? expect.unreachable()
  expect(await schemaFaults(deployment)).toEqual([])
  const with_ = (path: string, value: unknown) => {
    const copy = structuredClone(deployment)
    patchJson(copy, { op: 'add', path, value })
    return schemaFaults(copy)
  }
  expect(await with_('/spec/replicas', 'three')).toEqual([expect.stringContaining('spec/replicas must be integer')])
  expect(await with_('/spec/selector', undefined)).toEqual([expect.stringContaining('selector')])
  expect(await with_('/spec/template/spec/containers/0/imagePullpolicy', 'Always')).toEqual([
    'Deployment server: .spec.template.spec.containers.0.imagePullpolicy is an unknown field',
  ])
  expect(await schemaFaults({ ...deployment, kind: 'Deploymnet' })).toEqual([expect.stringContaining('there is no Deploymnet in apps/v1')])
})

test('a generated name changes with its content, wherever it is mentioned', () => {
  const pod =
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n    - name: c\n' +
    '      envFrom:\n        - configMapRef:\n            name: settings\n'
  const merged = '  - name: settings\n    behavior: merge\n'
  const at = (value: string): string => {
    put({
      'base/kustomization.yaml': 'resources: [pod.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [A=1, B=2]\n',
      'base/pod.yaml': pod,
    })
    put({
      'over/kustomization.yaml': `resources: [../base]\nconfigMapGenerator:\n${merged}    literals: [B=${value}]\n`,
    })
    const objects = kustomize(join(dir, 'over'))
    const map = objects.find(({ kind }) => kind === 'ConfigMap') ?? expect.unreachable()
    expect(map['data']).toEqual({ A: '1', B: value })
    expect(JSON.stringify(objects)).toContain(`"configMapRef":{"name":"${map.metadata.name}"}`)
    return map.metadata.name
  }
  const first = at('x')
  expect(first).toMatch(/^settings-[0-9a-f]{10}$/)
  expect(at('y')).not.toBe(first)
  expect(at('x')).toBe(first)
})

test('files outside the folder and unknown fields are refused', () => {
  put({ 'k/kustomization.yaml': 'configMapGenerator:\n  - name: m\n    files: [../secret.txt]\n', 'secret.txt': 'x' })
  expect(() => kustomize(join(dir, 'k'))).toThrow(/is not in or below/)
  put({ 'k/kustomization.yaml': 'namePrefix: x-\n' })
  expect(() => kustomize(join(dir, 'k'))).toThrow(/does not support namePrefix/)
  put({
    'k/kustomization.yaml': 'patches:\n  - patch: |-\n      apiVersion: v1\n      kind: Service\n      metadata:\n        name: nobody\n',
  })
  expect(() => kustomize(join(dir, 'k'))).toThrow(/nothing to patch: Service nobody/)
})

test('a strategic patch merges lists by name, and null removes', () => {
  const base = {
    volumes: [
      { name: 'tls', secret: { secretName: 's' } },
      { name: 'tmp', emptyDir: {} },
    ],
    args: ['a', 'b'],
  }
  expect(
    mergePatch(base, {
      volumes: [
        { name: 'tls', secret: null, emptyDir: {} },
        { name: 'new', emptyDir: {} },
      ],
      args: ['c'],
    }),
  ).toEqual({
    volumes: [
      { name: 'new', emptyDir: {} },
      { name: 'tls', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
    ],
    args: ['c'],
  })
})
