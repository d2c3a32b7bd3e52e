/** Is this code point a character of XML 1.0? Nothing else can stand in a message. */
export const isXmlCharacter = (codePoint: number): boolean =>
  codePoint >= 0x20
    ? codePoint < 0xd800 || (codePoint >= 0xe000 && codePoint < 0xfffe) || (codePoint > 0xffff && codePoint <= 0x10ffff)
    : codePoint === 0x09 || codePoint === 0x0a || codePoint === 0x0d;
