import { type ForwardSnapshot } from '../sidecar/protocol.generated';

export type GroupBy = 'alias' | 'context' | 'namespace' | 'none';

/** A row of the tree by what it stands for. Ids are stable across refreshes, so that expansion and selection survive them. */
export type TreeNode = SourceNode | GroupNode | ForwardNode;

export interface SourceNode {
  readonly kind: 'source';
  readonly id: string;
  readonly label: string;
  readonly children: readonly (GroupNode | ForwardNode)[];
}

export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly label: string;
  readonly children: readonly ForwardNode[];
}

export interface ForwardNode {
  readonly kind: 'forward';
  readonly id: string;
  readonly forwardId: string;
  /** The alias, less the prefix that the group above says. */
  readonly label: string;
}

/** The source of forwards that belong to no workspace folder. */
export const userSource = 'user';

/**
 * The tree: source → group → forward. The level of sources exists only when there are several. Order is that of the given snapshots;
 * groups stand where their first member stands, ungrouped forwards after the groups. State never moves a row.
 */
export function buildTree(snapshots: readonly ForwardSnapshot[], groupBy: GroupBy, userLabel: string): readonly TreeNode[] {
  const sources = groupedBy(snapshots, (snapshot) => snapshot.source);
  const branches = [...sources].map(([source, members]) => ({ source, children: groupMembers(source, members, groupBy) }));
  const [only] = branches;
  if (branches.length === 1 && only) {
    return only.children;
  }
  return branches.map(({ source, children }) => ({ kind: 'source', id: `s:${source}`, label: source === userSource ? userLabel : source, children }));
}

/** Every forward at or below a node. */
export function forwardIds(node: TreeNode): readonly string[] {
  return node.kind === 'forward' ? [node.forwardId] : node.children.flatMap(forwardIds);
}

function groupMembers(source: string, members: readonly ForwardSnapshot[], groupBy: GroupBy): readonly (GroupNode | ForwardNode)[] {
  const nameOf = groupNames(members, groupBy);
  const groups: GroupNode[] = [];
  const ungrouped: ForwardNode[] = [];
  for (const [name, grouped] of groupedBy(members, nameOf)) {
    if (name === undefined) {
      ungrouped.push(...grouped.map((snapshot) => forwardNode(snapshot, snapshot.alias)));
    } else {
      const children = grouped.map((snapshot) => forwardNode(snapshot, groupBy === 'alias' ? snapshot.alias.slice(name.length + 1) : snapshot.alias));
      groups.push({ kind: 'group', id: `g:${source}:${name}`, label: name, children });
    }
  }
  return [...groups, ...ungrouped];
}

function groupNames(members: readonly ForwardSnapshot[], groupBy: GroupBy): (snapshot: ForwardSnapshot) => string | undefined {
  switch (groupBy) {
    case 'none':
      return () => undefined;
    case 'context':
      return (snapshot) => snapshot.context;
    case 'namespace':
      return (snapshot) => snapshot.namespace;
    case 'alias':
      return aliasGroups(members);
  }
}

/** A prefix before `/` always groups. One before `-`, `_`, `.` or `:` groups when it has two characters and two forwards share it. */
function aliasGroups(members: readonly ForwardSnapshot[]): (snapshot: ForwardSnapshot) => string | undefined {
  const counts = new Map<string, number>();
  for (const { alias } of members) {
    const prefix = slashPrefix(alias) ?? tokenPrefix(alias);
    if (prefix !== undefined) {
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  return ({ alias }) => {
    const token = tokenPrefix(alias);
    return slashPrefix(alias) ?? (token !== undefined && (counts.get(token) ?? 0) >= 2 ? token : undefined);
  };
}

function slashPrefix(alias: string): string | undefined {
  return /^([^/]+)\/./.exec(alias)?.[1];
}

function tokenPrefix(alias: string): string | undefined {
  return /^([^-_.:/]{2,})[-_.:]./.exec(alias)?.[1];
}

function forwardNode(snapshot: ForwardSnapshot, label: string): ForwardNode {
  return { kind: 'forward', id: `f:${snapshot.id}`, forwardId: snapshot.id, label };
}

/** Like Map.groupBy, which Node 20 lacks. Keys come in the order of their first member. */
function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) {
      group.push(item);
    } else {
      groups.set(key, [item]);
    }
  }
  return groups;
}
