import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { types } from 'node:util';
import { HarnessError } from '../errors/index.js';
import { recordLimits, type Attached } from '../record/index.js';

/** Keeps the files of a run in the folder `attachments` beside its record. */
export class Attachments {
  #count = 0;

  constructor(private readonly recordPath: string) {}

  /** Writes one. @throws HarnessError `attachment` (usage): too large, or its content is neither text nor bytes */
  add(name: string, content: string | Uint8Array, mediaType: string | undefined): Omit<Attached, 'event' | 'time'> {
    // By kind, not by class: bytes of a test file are of another realm.
    if (typeof content !== 'string' && !types.isUint8Array(content)) throw refused(`the content of the attachment ${JSON.stringify(name)} is neither text nor bytes`);
    const bytes = Buffer.from(content as string);
    if (bytes.length > recordLimits.attachmentBytes) throw refused(`the attachment ${JSON.stringify(name)} has ${bytes.length} bytes, more than ${recordLimits.attachmentBytes}`);
    const file = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|-+$/g, '').slice(-80) || 'file';
    const path = `attachments/${String(++this.#count).padStart(3, '0')}-${file}`;
    const whole = join(dirname(this.recordPath), path);
    mkdirSync(dirname(whole), { recursive: true });
    // Repetitions of a run are processes of their own: the number may be taken.
    try {
      writeFileSync(whole, bytes, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return this.add(name, content, mediaType);
      throw error;
    }
    return {
      name,
      path,
      mediaType: mediaType ?? (typeof content === 'string' ? 'text/plain' : 'application/octet-stream'),
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  }
}

function refused(message: string): HarnessError {
  return new HarnessError({ code: 'attachment', kind: 'usage', message, nextStep: 'attach text or bytes of a bounded size' });
}
