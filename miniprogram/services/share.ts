/** The picture of a shared card, at 5 : 4, if there is no result to show. Made from images/share.svg. */
export const SHARE_PICTURE = '/images/share.png'
