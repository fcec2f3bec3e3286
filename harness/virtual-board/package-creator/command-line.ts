/** The two calls of STM32TrustedPackageCreator_CLI in ST's scripts (STM32CubeH7RS ROT_Provisioning and the postbuild scripts of ROT), as commands of rot-hil. */
export interface CreatorCall {
  /** What comes out of it, for the tool's own lines. */
  readonly product: 'OBKey' | 'Image';
  /** The XML file that describes it. */
  readonly xml: string;
  /** Arguments of rot-hil. */
  readonly argv: readonly string[];
}

/** The command line is not one of the calls performed here. */
export class CreatorUsageError extends Error {
  override readonly name = 'CreatorUsageError';
}

/**
 * Reads `-obk <xml> [AUTO]` or `-pb <xml>`; options and AUTO in any case. Files are replaced with and without AUTO.
 * @returns undefined where help is asked for
 * @throws CreatorUsageError on anything else
 */
export function parseCreatorCall(argv: readonly string[]): CreatorCall | undefined {
  const [command, xml, ...rest] = argv;
  if (command === undefined) return undefined;
  const option = command.toLowerCase().replace(/^--?/, '');
  if (!command.startsWith('-')) throw new CreatorUsageError(`Wrong command: ${printable(command)}`);
  if (option === 'h' || option === 'help' || option === '?') return undefined;
  if (option !== 'obk' && option !== 'pb') throw new CreatorUsageError(`Command not supported by this drop-in: ${printable(command)}`);
  // A file name that begins with a dash would be an option of rot-hil.
  if (xml === undefined || xml === '' || xml.startsWith('-')) throw new CreatorUsageError(`Missing XML file of ${printable(command)}`);
  const strange = option === 'obk' && rest[0]?.toUpperCase() === 'AUTO' ? rest[1] : rest[0];
  if (strange !== undefined) throw new CreatorUsageError(`Unexpected argument of ${printable(command)}: ${printable(strange)}`);
  return option === 'obk' ? { product: 'OBKey', xml, argv: ['obk', 'build', xml, '--json'] } : { product: 'Image', xml, argv: ['image', 'sign', '--xml', xml, '--json'] };
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
