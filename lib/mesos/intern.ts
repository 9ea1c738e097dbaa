/** Gives back one and the same string for equal texts: 200,000 tasks name the same few thousand agents. */
export function createIntern(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same !== undefined) return same;
    known.set(text, text);
    return text;
  };
}
