import { glassEasel, MiniProgramEnv, type CodeSpace } from 'glass-easel-miniprogram-adapter'
import { createElement, knowTags } from './elements.ts'

/** WeChat's framework on this document, with elements and taps of our own; it does not read styles. */
class Backend extends glassEasel.CurrentWindowBackendContext {
  override document = {
    createElement,
    createTextNode: (content: string) => document.createTextNode(content),
    createDocumentFragment: () => document.createDocumentFragment(),
  } as unknown as glassEasel.CurrentWindowBackendContext['document']
  // Elements trigger their events themselves: a tap is a click here, which a keyboard can make too.
  override onEvent(): void {}
  override setListenerStats(): void {}
}

const env = new MiniProgramEnv()
const space: CodeSpace = env.createCodeSpace('caiquan', true)
const backend = env.associateBackend(new Backend())
let current = ''

// What the framework would only warn about, a phone may refuse.
glassEasel.addGlobalWarningListener((warning) => {
  throw new Error(`The framework warns: ${warning}`)
})

export interface Declaration {
  path: string
  config: { component?: boolean; usingComponents?: Record<string, string>; navigationBarTitleText?: string }
  /** Of the classes of a component. */
  prefix: string
  tags: string[]
}

const titles = new Map<string, string>()
/** The title that a page's own configuration gives it. */
export const titleOf = (path: string): string | undefined => titles.get(path)

/** Announces whose code comes next, so that `Page` and `Component` know what they define. */
export function declare({ path, config, prefix, tags }: Declaration, templates: glassEasel.template.ProcGenGroupList): void {
  const content = templates[path]
  if (!content) throw new Error(`There is no template of ${path}.`)
  current = path
  knowTags(tags)
  const { component, usingComponents, navigationBarTitleText } = config
  if (navigationBarTitleText) titles.set(path, navigationBarTitleText)
  space.addComponentStaticConfig(path, { ...(component && { component }), ...(usingComponents && { usingComponents }) })
  space.addCompiledTemplate(path, { groupList: templates, content })
  if (prefix) space.addStyleSheet(path, undefined, prefix)
}

export const definePage = (options: Record<string, unknown>): void => void space.component(current).pageDefinition(options).register()
export const defineComponent = (options: Record<string, unknown>): void => void space.component(current).definition(options).register()

/** A visible page. */
export interface PageRoot {
  /** The `this` of the page's own code. */
  page: WechatMiniprogram.Page.Instance<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject>
  element: HTMLElement
  release(): void
}

/** Creates a page and puts it into the container. */
export function createPage(path: string, container: HTMLElement): PageRoot {
  const root = backend.createRoot('page', space, path)
  const element = root.getComponent().$$ as unknown as HTMLElement
  element.dataset['path'] = path
  const place = document.createElement('div')
  container.append(place)
  root.attach(container as never, place as never)
  return {
    page: root.get() as unknown as PageRoot['page'],
    element,
    release() {
      root.release()
      element.remove()
    },
  }
}
