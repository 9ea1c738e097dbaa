/**
 * A place in a document: what to do with the members of an object or the elements of an array there. A place
 * that no plan names is `null` and its value is copied as it stands.
 */
export type PlanNode = {
  members: Map<string, PlanNode> | null;
  element: PlanNode | null;
  /** The path whose values are handed out one by one; null: not handed out. */
  emit: string | null;
  skip: boolean;
};

/**
 * Compiles paths such as `frameworks[].tasks[]` (hand out each element) and `frameworks[].executors` (skip the
 * value). A path to hand out must end in `[]`; a name may not contain `.` or `[`.
 */
export function compileScanPlan({
  emit,
  skip,
}: {
  emit: readonly string[];
  skip: readonly string[];
}): PlanNode {
  const root = emptyNode();
  for (const path of emit) nodeAt(root, path).emit = path;
  for (const path of skip) nodeAt(root, path).skip = true;
  return root;
}

function nodeAt(root: PlanNode, path: string): PlanNode {
  let node = root;
  for (const segment of path.split('.')) {
    const isArray = segment.endsWith('[]');
    const name = isArray ? segment.slice(0, -2) : segment;
    node.members ??= new Map();
    const member = node.members.get(name) ?? emptyNode();
    node.members.set(name, member);
    if (isArray) member.element ??= emptyNode();
    node = isArray && member.element !== null ? member.element : member;
  }
  return node;
}

function emptyNode(): PlanNode {
  return { members: null, element: null, emit: null, skip: false };
}
