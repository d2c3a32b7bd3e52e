/** Checksum of Modbus RTU: polynomial 0xA001 reflected, start 0xFFFF. The check value of "123456789" is 0x4B37. */
export function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
