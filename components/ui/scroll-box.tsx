import type { ReactNode, Ref } from 'react';

type ScrollBoxProps = {
  /** Read by screen readers where the box is entered. */
  label: string;
  className: string | undefined;
  ref?: Ref<HTMLDivElement>;
  /** True: long lines are broken, which a stylesheet reads. */
  wrap?: boolean;
  children: ReactNode;
};

/** A box that scrolls by itself. It takes the focus, for who has no wheel must be able to scroll it too. */
export function ScrollBox({ label, className, ref, wrap, children }: ScrollBoxProps) {
  // A group and no landmark: a page may hold a dozen, and a fieldset is for what is filled in.
  const box = { role: 'group', tabIndex: 0, 'aria-label': label, 'data-wrap': wrap || undefined };
  return (
    <div ref={ref} className={className} {...box}>
      {children}
    </div>
  );
}
