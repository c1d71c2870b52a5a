import { glassEasel } from 'glass-easel-miniprogram-adapter'
import { askForPicture } from './dialogs.ts'
import { keepPicture } from './files.ts'
import { agreed, PrivacyError, requirePrivacy } from './privacy.ts'
import { reviewed, reviewNickname } from './nickname.ts'

/** WeChat's elements that the pages use, as the browser's elements with the same meaning. */
const ELEMENTS: Record<string, (attributes: Attributes) => HTMLElement> = { view, text, image, button, input, form, 'page-meta': pageMeta }

/** Setters by attribute, for those that are not plain; null: the attribute was removed, or is false. */
type Attributes = Record<string, (value: string | null) => void>

const components = new Set(['page'])
/** Tags of components come from the pages' own `usingComponents`. */
export const knowTags = (tags: string[]): void => tags.forEach((tag) => components.add(tag))

/** @throws Error for a tag that neither the preview nor the page's `usingComponents` has */
export function createElement(tag: string): HTMLElement {
  const make = ELEMENTS[tag]
  if (!make) {
    if (components.has(tag)) return document.createElement(tag)
    throw new Error(`The preview has no element <${tag}>.`)
  }
  const attributes: Attributes = {}
  const element = make(attributes)
  const put = element.setAttribute.bind(element)
  const take = element.removeAttribute.bind(element)
  const set = (name: string, value: string | null): void => {
    if (name in attributes) attributes[name]?.(value)
    else if (name === 'aria-role') setRole(element, value)
    else if (STATES.has(name)) put(name, value === null ? 'false' : value || 'true')
    // Through the object model: the content policy forbids the attribute.
    else if (name === 'style') element.style.cssText = value ?? ''
    else if (name.startsWith('aria-') || name === 'hidden') {
      if (value === null || (value === '' && name !== 'hidden')) take(name)
      else put(name, value)
    } else throw new Error(`The preview's <${tag}> has no attribute "${name}".`)
  }
  element.setAttribute = set
  element.removeAttribute = (name) => set(name, null)
  element.addEventListener('click', (event) => {
    trigger(element, 'tap', { x: event.clientX, y: event.clientY }, event)
  })
  return element
}

const STATES = new Set(['aria-expanded', 'aria-selected', 'aria-checked', 'aria-pressed', 'aria-hidden', 'aria-busy', 'aria-disabled'])

/** Notifies the page; taps bubble, and each element on the way gets a click once, from here. */
function trigger(element: HTMLElement, name: string, detail: object, event?: Event): void {
  const node = (element as { __wxElement?: glassEasel.Element }).__wxElement
  if (!node) return
  if (event) {
    // An outer element gets the same click: the framework has bubbled it already.
    if (handled.has(event)) return
    handled.add(event)
  }
  glassEasel.triggerEvent(node, name, detail, event ? { bubbles: true, composed: true, capturePhase: true } : {})
}
const handled = new WeakSet<Event>()

function setRole(element: HTMLElement, role: string | null): void {
  if (role === null || role === '') {
    element.removeAttributeNode(element.getAttributeNode('role') ?? document.createAttribute('role'))
    return
  }
  // WeChat's "text" is read out as one piece, with a label for its content: ARIA says img.
  Element.prototype.setAttribute.call(element, 'role', role === 'text' ? 'img' : role)
  if (role !== 'button' || element.tagName === 'BUTTON') return
  element.tabIndex = 0
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    element.click()
  })
}

/** Ties rem to the font size that the user has set: in a browser this is automatic. */
function pageMeta(attributes: Attributes): HTMLElement {
  const element = document.createElement('div')
  element.hidden = true
  attributes['root-font-size'] = (value) => {
    if (value !== 'system') throw new Error(`The preview's <page-meta> has no root-font-size "${value}".`)
  }
  return element
}

function view(): HTMLElement {
  return document.createElement('div')
}

function text(): HTMLElement {
  return document.createElement('span')
}

const FITS: Record<string, string> = { scaleToFill: 'fill', aspectFit: 'contain', aspectFill: 'cover' }

function image(attributes: Attributes): HTMLElement {
  const element = document.createElement('img')
  element.alt = ''
  element.draggable = false
  attributes['src'] = (value) => {
    // Setting the present value would load it again.
    if (element.getAttribute('src') !== (value ?? '')) element.src = value ?? ''
  }
  attributes['mode'] = (value) => {
    const fit = FITS[value ?? 'scaleToFill']
    if (!fit) throw new Error(`The preview's <image> has no mode "${value}".`)
    element.style.objectFit = fit
  }
  attributes['aria-label'] = (value) => {
    element.alt = value ?? ''
  }
  // It is one already.
  attributes['aria-role'] = () => {}
  return element
}

const OPEN_TYPES = new Set(['share', 'chooseAvatar', 'agreePrivacyAuthorization'])

function chooseAvatar(element: HTMLElement): void {
  requirePrivacy('chooseAvatar').then(
    () => askForPicture((picture) => trigger(element, 'chooseavatar', { avatarUrl: keepPicture(picture) })),
    (error: Error) =>
      trigger(element, 'error', {
        errMsg: `chooseAvatar:fail ${error.message}`,
        ...(error instanceof PrivacyError && { errno: error.errno }),
      }),
  )
}

/** Passes on what its fields contain, once WeChat has checked a nickname among them. */
function form(): HTMLElement {
  const element = document.createElement('form')
  element.addEventListener('submit', (event) => {
    event.preventDefault()
    const fields = [...element.querySelectorAll('input')].filter(({ name }) => name)
    void reviewed().then(() => trigger(element, 'submit', { value: Object.fromEntries(fields.map(({ name, value }) => [name, value])) }))
  })
  return element
}

function button(attributes: Attributes): HTMLElement {
  const element = document.createElement('button')
  let openType: string | null = null
  element.type = 'button'
  attributes['disabled'] = (value) => {
    element.disabled = value !== null
  }
  attributes['open-type'] = (value) => {
    openType = value
    if (value !== null && !OPEN_TYPES.has(value)) throw new Error(`The preview's <button> has no open-type "${value}".`)
  }
  element.addEventListener('click', () => {
    if (openType === 'share') element.dispatchEvent(new CustomEvent('share', { bubbles: true }))
    // A browser has no avatar of WeChat's: it offers the game's own pictures.
    if (openType === 'chooseAvatar') chooseAvatar(element)
    if (openType === 'agreePrivacyAuthorization') {
      // The framework keeps ids to itself.
      agreed((element as { __wxElement?: glassEasel.Element }).__wxElement?.id ?? '')
      trigger(element, 'agreeprivacyauthorization', {})
    }
  })
  attributes['form-type'] = (value) => {
    element.type = value === 'submit' ? 'submit' : 'button'
  }
  return element
}

function input(attributes: Attributes): HTMLElement {
  const element = document.createElement('input')
  element.autocomplete = 'off'
  element.enterKeyHint = 'done'
  attributes['value'] = (value) => {
    // Setting the present value would move the cursor.
    if (element.value !== (value ?? '')) element.value = value ?? ''
  }
  attributes['placeholder'] = (value) => {
    element.placeholder = value ?? ''
  }
  attributes['maxlength'] = (value) => {
    element.maxLength = Number(value ?? 140)
  }
  attributes['disabled'] = (value) => {
    element.disabled = value !== null
  }
  attributes['name'] = (value) => {
    element.name = value ?? ''
  }
  let isNickname = false
  attributes['type'] = (value) => {
    // WeChat offers its own nickname above the keyboard; here it is typed.
    isNickname = value === 'nickname'
    if (value !== 'text' && value !== 'nickname') throw new Error(`The preview's <input> has no type "${value}".`)
  }
  const detail = (): object => ({ value: element.value, cursor: element.selectionStart ?? element.value.length })
  element.addEventListener('input', () => trigger(element, 'input', detail()))
  element.addEventListener('focus', () => trigger(element, 'focus', detail()))
  element.addEventListener('blur', () => {
    trigger(element, 'blur', detail())
    if (isNickname) reviewNickname(element, (pass) => trigger(element, 'nicknamereview', { pass, timeout: false }))
  })
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    // A phone's keyboard submits no form.
    event.preventDefault()
    trigger(element, 'confirm', detail())
    element.blur()
  })
  return element
}
