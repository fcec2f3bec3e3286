import type { SavedReader } from '../saved-state.js';

/** Seconds since 2000-01-01 00:00:00, and the weekday register's value, as RTC_TR and RTC_DR show them (BCD). */
const second = 1000;
const day = 86_400;

/** A date and time that the registers hold: seconds since 2000, and the weekday (1 Monday … 7) that software gave the date. */
export interface CalendarTime {
  readonly seconds: number;
  readonly weekday: number;
}

/** A calendar of saved state. Throws HarnessError `snapshot`. */
export function savedCalendar(state: SavedReader): CalendarTime {
  return { seconds: state.number('seconds', -1e10, 1e10), weekday: state.integer('weekday', 0, 7) };
}

/** What RTC_TR and RTC_DR say. Fields that are no time or date (month 0, BCD digits above 9) are taken as they add up. */
export function calendarFrom(tr: number, dr: number): CalendarTime {
  const hours = two(tr >>> 16, 3) + ((tr & (1 << 22)) !== 0 ? 12 : 0); // PM
  const time = hours * 3600 + two(tr >>> 8, 7) * 60 + two(tr, 7);
  const month = two(dr >>> 8, 1);
  const date = Date.UTC(2000 + two(dr >>> 16, 15), Math.max(month, 1) - 1, Math.max(two(dr, 3), 1));
  return { seconds: (date - Date.UTC(2000, 0, 1)) / second + time, weekday: (dr >>> 13) & 7 };
}

/** The calendar so many seconds later; the weekday moves with midnight. */
export function laterBy({ seconds, weekday }: CalendarTime, elapsed: number): CalendarTime {
  const days = Math.floor((seconds + elapsed) / day) - Math.floor(seconds / day);
  return { seconds: seconds + elapsed, weekday: weekday === 0 ? 0 : ((weekday - 1 + days) % 7) + 1 };
}

/** RTC_TR; `twelveHours` is CR.FMT. */
export function timeRegister({ seconds }: CalendarTime, twelveHours: boolean): number {
  const ofDay = seconds % day;
  const hours = Math.floor(ofDay / 3600);
  const shown = twelveHours ? hours % 12 || 12 : hours;
  return (twelveHours && hours >= 12 ? 1 << 22 : 0) | (bcd(shown) << 16) | (bcd(Math.floor(ofDay / 60) % 60) << 8) | bcd(ofDay % 60);
}

/** RTC_DR. */
export function dateRegister({ seconds, weekday }: CalendarTime): number {
  const date = new Date(Date.UTC(2000, 0, 1) + seconds * second);
  return (bcd(date.getUTCFullYear() % 100) << 16) | (weekday << 13) | (bcd(date.getUTCMonth() + 1) << 8) | bcd(date.getUTCDate());
}

/** Whether an alarm register (ALRMxR) matches: fields whose mask bit is set do not matter. */
export function alarmMatches(alarm: number, tr: number, dr: number): boolean {
  const same = (mask: number, field: number, value: number): boolean => (alarm & mask) !== 0 || (alarm & field) === (value & field);
  const weekday = (alarm & (1 << 30)) !== 0;
  return (
    same(1 << 7, 0x7f, tr) &&
    same(1 << 15, 0x7f << 8, tr) &&
    same(1 << 23, 0x7f << 16, tr) &&
    ((alarm & 2 ** 31) !== 0 || (weekday ? ((alarm >>> 24) & 0xf) === ((dr >>> 13) & 7) : ((alarm >>> 24) & 0x3f) === (dr & 0x3f)))
  );
}

function two(field: number, tens: number): number {
  return ((field >>> 4) & tens) * 10 + (field & 0xf);
}

function bcd(value: number): number {
  return (Math.floor(value / 10) << 4) | value % 10;
}
