/** What opens a session, without what a session is made of: that is loaded while the tool answers. */
export { faultText } from '../elf/index.js';
export { openSession } from './open-session.js';
