import { wx } from './api.ts'
import { defineComponent, definePage } from './code.ts'
import { defineApp, theApp } from './life.ts'
import { pagesInOrder } from './pages.ts'

// What WeChat puts into the global scope before the mini program's own code runs.
Object.assign(globalThis, {
  wx,
  App: defineApp,
  Page: definePage,
  Component: defineComponent,
  getApp: theApp,
  getCurrentPages: pagesInOrder,
})
