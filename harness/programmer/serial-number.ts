/** Serial numbers of one probe differ between tools in case and leading zeros: what is left when both are taken away. */
export function plainSerialNumber(text: string): string {
  return text.toLowerCase().replace(/^0+/, '');
}

export function sameSerialNumber(one: string, other: string): boolean {
  return plainSerialNumber(one) === plainSerialNumber(other);
}
