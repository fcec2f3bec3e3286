export { plainSerialNumber, sameSerialNumber } from '../programmer/index.js';
