/**
 * What a native socket may send: text as it is, and of a view exactly its own bytes.
 * (A view's `buffer` is the whole memory behind it: sending that sends the neighbours as well.)
 */
export declare function toWire(data: unknown): string | ArrayBuffer;
/**
 * What the parser may read. Some hosts hand over an `ArrayBuffer` of another realm, which fails
 * `instanceof` in the parser: it is copied into this one.
 */
export declare function fromWire(data: unknown): string | ArrayBuffer;
