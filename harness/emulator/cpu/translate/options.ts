export interface TranslateOptions {
  /** How often the interpreter comes by a place before it is translated. Default 1000; 1 translates all that is reached, executed before or not. */
  readonly threshold?: number;
}
