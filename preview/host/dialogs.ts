import { words } from './words.ts'

export function must(selector: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(selector)
  if (!element) throw new Error(`There is no ${selector}.`)
  return element
}

let toastEnds = 0

/** Shows a message for a moment, above the page. */
export function showToast(title: string, ms = 1500): void {
  const toast = must('.toast')
  toast.textContent = title
  toast.classList.add('shown')
  clearTimeout(toastEnds)
  toastEnds = window.setTimeout(() => {
    toast.classList.remove('shown')
    toast.textContent = ''
  }, ms)
}

export interface ModalOptions {
  title?: string
  content?: string
  showCancel?: boolean
  confirmText?: string
  cancelText?: string
}

/** Asks, and resolves with whether it was confirmed; Escape means no. */
export function showModal({
  title = '',
  content = '',
  showCancel = true,
  confirmText = words().ok,
  cancelText = words().cancel,
}: ModalOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const dialog = open(title, content)
  const row = dialog.querySelector('.dialog-buttons')
  const add = (label: string, value: string): void => row?.append(button(label, () => dialog.close(value)))
  if (showCancel) add(cancelText, '')
  add(confirmText, 'yes')
  dialog.addEventListener('close', () => {
    dialog.remove()
    resolve(dialog.returnValue === 'yes')
  })
  dialog.showModal()
  return promise
}

/** Offers the game's own pictures; does nothing if none is chosen. */
export function askForPicture(chosen: (picture: HTMLImageElement) => void): void {
  const dialog = open(words().picture, '')
  const row = dialog.querySelector('.dialog-buttons')
  for (const name of ['rock', 'scissors', 'paper']) {
    const url = `${location.origin}/images/${name}.svg`
    const picture = document.createElement('img')
    picture.src = url
    picture.alt = name
    const choice = button('', () => {
      dialog.close()
      chosen(picture)
    })
    choice.className = 'picture'
    choice.append(picture)
    row?.append(choice)
  }
  dialog.addEventListener('close', () => dialog.remove())
  dialog.showModal()
}

function open(title: string, content: string): HTMLDialogElement {
  const dialog = document.createElement('dialog')
  const heading = document.createElement('h2')
  heading.id = 'dialog-title'
  heading.textContent = title
  dialog.setAttribute('aria-labelledby', heading.id)
  dialog.append(heading)
  if (content) {
    const body = document.createElement('p')
    body.textContent = content
    dialog.append(body)
  }
  const row = document.createElement('div')
  row.className = 'dialog-buttons'
  dialog.append(row)
  document.body.append(dialog)
  return dialog
}

function button(label: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = label
  element.addEventListener('click', act)
  return element
}
