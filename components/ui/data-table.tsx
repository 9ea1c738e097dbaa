'use client';

import { type ReactNode, useState } from 'react';

import classes from './data-table.module.css';
import { Empty } from './empty';
import { type Sort, sortRows } from './sort-rows';

export type Column<Row> = {
  key: string;
  header: string;
  /** What the column means, on hover. */
  title?: string;
  align?: 'right';
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable; null sorts last. */
  sortValue?: (row: Row) => number | string | null;
  /** The direction of the first click: numbers usually descend. */
  descendingFirst?: boolean;
  /** True: this cell heads its row (and its card on a narrow screen). One per table. */
  isRowHeader?: boolean;
  /** Takes what room is left, on one line with an ellipsis. */
  grow?: boolean;
  /** Left out on a narrow screen. */
  wideOnly?: boolean;
  /** True: on a card the cell needs no label, what it shows speaks for itself. */
  isPlain?: boolean;
  /** True: on a card the cell has a line of its own. */
  isLong?: boolean;
};

type DataTableProps<Row> = {
  /** Read by screen readers; say what the rows are. */
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Controlled sorting: the table sorts by the column's `sortValue`. Absent: rows stay as given. */
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** Marks a row at its left edge. */
  rowTone?: (row: Row) => 'bad' | 'warn' | 'muted' | null;
  empty?: ReactNode;
  /** Lays out the cards of a narrow screen: a class over `data-key` cells. */
  className?: string | undefined;
  /** Rows drawn at first; a button draws the same number more. */
  pageSize?: number;
};

/** A dense table; below 40 em each row becomes a card, so that the page never scrolls sideways. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowKey, rowTone, pageSize = 100, sort } = props;
  const [limit, setLimit] = useState(pageSize);
  const sorting = sort && columns.find((column) => column.key === sort.key)?.sortValue;
  const sorted = sort && sorting ? sortRows(rows, sorting, sort.descending) : rows;
  const visible = sorted.slice(0, limit);

  if (rows.length === 0) return props.empty ?? <Empty title="Nothing here" />;
  return (
    <div className={classes.scroll}>
      <table
        className={props.className === undefined ? classes.table : `${classes.table} ${props.className}`}
        data-sortable={props.onSort !== undefined || undefined}
      >
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {visible.map((row) => (
            <tr key={rowKey(row)} data-tone={rowTone?.(row) ?? undefined}>
              {columns.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit && (
        <button type="button" className={classes.more} onClick={() => setLimit(limit + pageSize)}>
          Show {Math.min(pageSize, rows.length - limit)} more
        </button>
      )}
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const active = sort?.key === column.key;
  const direction = active ? (sort.descending ? 'descending' : 'ascending') : undefined;
  const next = active ? !sort.descending : (column.descendingFirst ?? false);
  const shared = cellProps(column);
  if (column.sortValue === undefined || onSort === undefined) {
    return (
      <th scope="col" title={column.title} {...shared}>
        {column.header}
      </th>
    );
  }
  return (
    <th scope="col" title={column.title} aria-sort={direction} {...shared}>
      <button
        type="button"
        className={classes.sort}
        data-active={active || undefined}
        onClick={() => onSort({ key: column.key, descending: next })}
      >
        {column.header}
        <span aria-hidden className={classes.arrow}>
          {direction === undefined ? '' : direction === 'descending' ? '↓' : '↑'}
        </span>
      </button>
    </th>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const shared = cellProps(column);
  return column.isRowHeader ? (
    <th scope="row" {...shared}>
      {column.cell(row)}
    </th>
  ) : (
    <td data-label={column.isPlain ? undefined : column.header} {...shared}>
      {column.cell(row)}
    </td>
  );
}

function cellProps<Row>(column: Column<Row>) {
  return {
    'data-key': column.key,
    'data-align': column.align,
    'data-grow': column.grow || undefined,
    'data-long': column.isLong || undefined,
    'data-wide-only': column.wideOnly || undefined,
  };
}
