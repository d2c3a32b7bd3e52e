/** The checksum of Modbus RTU: CRC-16 with polynomial 0xA001 (reflected 0x8005), start value 0xFFFF, low byte first. */
const table = new Uint16Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  table[byte] = crc;
}

/** CRC-16 of Modbus over the bytes from `start` to before `end`. */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff;
  for (let i = start; i < end; i += 1) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}
