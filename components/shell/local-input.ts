/** An ISO instant as the text of a `datetime-local` input, in the viewer's zone. Null or no date: empty. */
export function toLocalInput(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const [date, time] = [
    [pad(at.getFullYear(), 4), pad(at.getMonth() + 1), pad(at.getDate())].join('-'),
    [pad(at.getHours()), pad(at.getMinutes()), pad(at.getSeconds())].join(':'),
  ];
  return `${date}T${time}`;
}

/** The instant such a text means, as ISO in UTC. Null: it is none. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
