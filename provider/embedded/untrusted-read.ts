import { constants } from 'node:fs';

/**
 * How to open a file that lies where a function's own user could put anything in its place: a link to another's file, a
 * pipe that blocks.
 */
export const UNTRUSTED_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
