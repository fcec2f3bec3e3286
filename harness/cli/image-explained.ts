import pc from 'picocolors';
import type { CheckResult, Foresight, ImageDescription, ImageInspection, SlotArea, TrailerInspection } from '../image/index.js';
import type { Address } from '../units/index.js';
import { hex, hex32 } from '../units/index.js';
import { headlines } from './image-verify.js';
import { print } from './io.js';

/** What `image inspect` found out about one file. */
export interface Explained {
  readonly file: string;
  readonly base: Address | undefined;
  readonly inspection: ImageInspection;
  readonly check: CheckResult | null;
  readonly missing: Foresight['missing'];
  readonly area: SlotArea;
}

const width = 80;
const labelWidth = 15;

/** What the flags mean on this chip (ST's imgtool, IMAGE_F). */
const flagMeaning: Readonly<Record<string, string>> = {
  PIC: 'position independent; the boot does not look at it',
  PRIMARY_ONLY: 'for a boot without a secondary slot (STiROT)',
  ENCRYPTED: 'the payload is encrypted with AES-128-CTR',
  OTFDEC: 'encrypted for the on-the-fly decryption of other chips',
  NON_BOOTABLE: 'not to be started: the boot ignores the image',
  RAM_LOAD: 'to be copied to the load address; this boot does not do that',
  ROM_FIXED: 'linked for a fixed address; the boot does not look at it',
  AES256: 'the payload key has 256 bits; this boot reads 128',
  CHIP_SPECIFIC: 'encrypted for one chip',
  LICENSE_FILE: 'comes with a licence',
};

const fieldState: Record<string, string> = { set: 'set', unset: 'erased', bad: 'neither erased nor 1', good: 'right' };

/** Prints the explanation within 80 columns. */
export function printInspection({ file, base, inspection, check, missing, area }: Explained): void {
  const { header, image, trailer } = inspection;
  print(pc.bold(file) + (base === undefined ? '' : ` at ${hex32(base)}`));
  heading('Header');
  row('magic', `${hex32(header.magic)}, ${inspection.magicMeaning}`);
  if (image !== null) {
    const payloadEnd = header.headerSize + header.imageSize;
    row('version', image.version);
    row('payload', `${header.imageSize} bytes, from ${hex(header.headerSize)} to ${hex(payloadEnd)}`);
    row('protected', header.protectedTlvSize === 0 ? 'no protected TLVs' : `${header.protectedTlvSize} bytes of TLVs, hashed and signed`);
    row('load address', hex32(header.loadAddress));

    row('flags', header.flags === 0 ? 'none' : hex(header.flags));
    for (const name of image.flagNames) row('', `${name}${flagMeaning[name] === undefined ? ', unknown' : `: ${flagMeaning[name]}`}`);
    printTlvs(inspection, image);
  }
  if (trailer !== null) printTrailer(inspection, trailer, area);
  heading('Verdict');
  printForesight(check, missing);
}

function printTlvs({ values, header, end }: ImageInspection, image: ImageDescription): void {
  heading(end === null ? 'TLVs: none can be read' : `TLVs, ${hex(header.headerSize + header.imageSize)} to ${hex(end)}`);
  if (image.tlvs.length > 0) print(pc.dim('  type    name         offset      bytes'));
  for (const tlv of image.tlvs) {
    const cells = [hex(tlv.type, 2).padEnd(7), (tlv.name.startsWith('0x') ? 'unknown' : tlv.name).padEnd(12), hex(tlv.offset).padEnd(9), String(tlv.length).padStart(7), tlv.protected ? '  protected' : ''];
    print(`  ${cells.join(' ')}`.trimEnd());
  }
  const valueOf = (name: string): string | undefined => {
    const tlv = image.tlvs.find((each) => each.name === name);
    return tlv && values[tlv.offset];
  };
  row('counter', image.securityCounter === null ? 'none in the protected area: the boot refuses the image' : counterText(image.securityCounter, header.version));
  row('image hash', valueOf('SHA256') ?? 'none');
  row('key id', valueOf('KEYHASH') ?? 'none');
  row('encryption', image.tlvs.some(({ name }) => name === 'ENCEC256') ? 'AES-128-CTR, key wrapped for a P-256 key (ECIES)' : 'none');
  for (const tlv of image.tlvs) if (tlv.name === 'DEPENDENCY') row('depends on', values[tlv.offset] ?? 'something of a wrong length');
}

/** imgtool's `-s auto` leaves the build number out. */
function counterText(counter: number, { major, minor, revision }: ImageInspection['header']['version']): string {
  const auto = ((major << 24) | (minor << 16) | revision) >>> 0;
  return `${hex(counter)} (${counter})${counter === auto ? ', that of the version' : ''}`;
}

function printTrailer({ slotSize, end }: ImageInspection, trailer: TrailerInspection, area: SlotArea): void {
  const { build, at } = trailer;
  heading(`Trailer of a slot of ${hex(slotSize)} bytes, mode ${build.mode}`);
  row('read by', `a boot with write unit ${build.writeUnit}, max align ${build.maxAlign}${build.mode === 'swap' ? `, ${build.statusEntries} status entries` : ''}`);
  const place = (offset: number): string => (offset < 0 ? ' (the slot is too small for it)' : ` at ${hex(offset)}`);
  row('begins', `${place(at.start).trim()}${end === null || at.start < 0 ? '' : end <= at.start ? `, ${at.start - end} bytes behind the image` : `, ${end - at.start} bytes inside the image`}`);
  row('copy_done', `${fieldState[trailer.copyDone]}${place(at.copyDone)}`);
  row('image_ok', `${fieldState[trailer.imageOk]}${place(at.imageOk)}`);
  row('magic', `${trailer.magic === 'unset' ? 'erased' : trailer.magic === 'bad' ? 'wrong' : 'right'}${place(at.magic)}`);
  if (area === 'secondary') row('asks for', request(trailer));
}

function request({ swapType, build }: TrailerInspection): string {
  if (swapType === 'none') return 'nothing: the boot leaves the image where it is';
  if (build.mode === 'overwrite') return 'installation over the image in the primary slot';
  return swapType === 'perm' ? 'installation for good (perm)' : 'installation on trial (test): swapped back unless confirmed';
}

function printForesight(check: CheckResult | null, missing: Foresight['missing']): void {
  if (check === null) {
    print(`  ${pc.yellow(`open: the boot finds nothing wrong in front of the ${missing ?? ''} key`)}`);
    row('to know more', missing === 'authentication' ? 'give the authentication key (--auth-pub)' : 'give the private encryption key (--enc-key)');
    return;
  }
  print(`  ${headlines[check.verdict]}`);
  if (check.stage === 'ok') return;
  row('stops at', check.stage);
  row('because', check.reason);
  row('slot', check.slot);
}

function heading(text: string): void {
  print('');
  print(pc.bold(text));
}

/** A label and its text, the text broken at blanks so that no line passes 80 columns; one word alone may. */
function row(label: string, text: string): void {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && labelWidth + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  for (const [i, each] of lines.entries()) print(`  ${(i === 0 ? label : '').padEnd(labelWidth - 2)}${each}`.trimEnd());
}
