import type { RegisterCommand } from './register.js';
import { imageInspectCommand } from './image-inspect.js';
import { imageSignCommand } from './image-sign.js';
import { imageVerifyCommand } from './image-verify.js';

/** `rot-hil image sign|verify|inspect` */
export const registerImage: RegisterCommand = (program) => {
  program.command('image').description('signed images: make them, judge them, look into them').addCommand(imageSignCommand()).addCommand(imageVerifyCommand()).addCommand(imageInspectCommand());
};
