/** `caiquan-client/cloud`: access to a server in WeChat cloud hosting. */
export { cloudHosting, type CloudHostingOptions, type WxCloud } from './host/cloud.ts'
export type { WxApi, WxFailure, WxRequestOptions, WxSocketOptions, WxSocketTask } from './host/wx-api.ts'
