import type { PublicPlayer } from '../protocol.ts';
/** Whether it is an object with these fields, each of this type (`array` for arrays). */
export declare function has(value: unknown, fields: Record<string, 'string' | 'number' | 'object' | 'array' | 'boolean'>): boolean;
export declare const isPlayer: (value: unknown) => value is PublicPlayer;
export declare const isMe: (value: unknown) => value is {
    player: PublicPlayer;
};
