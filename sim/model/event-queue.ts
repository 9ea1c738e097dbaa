type Entry = { at: number; order: number; action: () => void };

/** What is yet to happen, in model seconds. Equal times keep the order in which they were scheduled. */
export type EventQueue = {
  schedule(at: number, action: () => void): void;
  /** Removes and returns the first entry due at or before `until`; null: none is. */
  takeDue(until: number): { at: number; action: () => void } | null;
};

/** A binary heap: O(log n) in and out. */
export function createEventQueue(): EventQueue {
  const heap: Entry[] = [];
  let order = 0;

  function isBefore(left: number, right: number): boolean {
    const a = heap[left];
    const b = heap[right];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  function swap(left: number, right: number): void {
    const a = heap[left];
    const b = heap[right];
    if (a === undefined || b === undefined) return;
    heap[left] = b;
    heap[right] = a;
  }

  return {
    schedule(at, action) {
      order += 1;
      heap.push({ at, order, action });
      let child = heap.length - 1;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if (!isBefore(child, parent)) break;
        swap(child, parent);
        child = parent;
      }
    },
    takeDue(until) {
      const first = heap[0];
      if (first === undefined || first.at > until) return null;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        sinkRoot();
      }
      return first;
    },
  };

  function sinkRoot(): void {
    let parent = 0;
    for (;;) {
      let least = parent;
      if (isBefore(parent * 2 + 1, least)) least = parent * 2 + 1;
      if (isBefore(parent * 2 + 2, least)) least = parent * 2 + 2;
      if (least === parent) return;
      swap(parent, least);
      parent = least;
    }
  }
}
