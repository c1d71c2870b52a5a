import { Decoder, Encoder, type Packet } from 'socket.io-parser';
/**
 * The value with every `ArrayBuffer` of another realm copied into this one. Some hosts hand those out (a file's content, for
 * example), and the official parser, which asks `instanceof`, would send them as empty objects. What has none is returned as it is.
 */
export declare function localBuffers(value: unknown): unknown;
declare class LocalEncoder extends Encoder {
    encode(packet: Packet): ReturnType<Encoder['encode']>;
}
/** The official parser, for hosts whose buffers are of another realm. */
export declare const parser: {
    Encoder: typeof LocalEncoder;
    Decoder: typeof Decoder;
};
export {};
