/** A statement under construction: its text is written in code, values only ever become parameters. */
export class Conditions {
  private readonly parts: string[] = [];
  readonly values: unknown[] = [];

  /** Each `?` of `template` becomes the parameter of the next value. */
  add(template: string, ...values: unknown[]): void {
    this.parts.push(this.text(template, ...values));
  }

  /** As `add`, for a place of one's own in the statement. */
  text(template: string, ...values: unknown[]): string {
    const rest = [...values];
    return template.replace(/\?/g, () => this.param(rest.shift()));
  }

  param(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  /** What was added so far, joined by AND. */
  get sql(): string {
    return this.parts.join(' AND ');
  }
}
