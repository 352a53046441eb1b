/** Files and the documents that are open on them, in memory: as much of the editor's as changing and saving a text takes. */

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(...[start, second, endLine, endCharacter]: [Position, Position] | [number, number, number, number]) {
    this.start = typeof start === 'number' ? new Position(start, second as number) : start;
    this.end = typeof start === 'number' ? new Position(endLine!, endCharacter!) : (second as Position);
  }
}

export class FileSystemError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

interface Place {
  toString(): string;
}

class FakeDocument {
  isDirty = false;
  constructor(
    readonly uri: Place,
    private text: string,
    private readonly files: Map<string, string>,
  ) {}
  getText(): string {
    return this.text;
  }
  set(text: string): void {
    this.text = text;
    this.isDirty = true;
  }
  offsetAt({ line, character }: Position): number {
    return this.text.split('\n').slice(0, line).reduce((sum, { length }) => sum + length + 1, character);
  }
  positionAt(offset: number): Position {
    const before = this.text.slice(0, offset).split('\n');
    return new Position(before.length - 1, before.at(-1)!.length);
  }
  save(): Promise<boolean> {
    this.files.set(this.uri.toString(), this.text);
    this.isDirty = false;
    return Promise.resolve(true);
  }
}

export class WorkspaceEdit {
  readonly replacements: { uri: Place; range: Range; text: string }[] = [];
  replace(uri: Place, range: Range, text: string): void {
    this.replacements.push({ uri, range, text });
  }
}

export class FakeDocuments {
  readonly files = new Map<string, string>();
  /** Reading one of these fails with the code. */
  readonly failures = new Map<string, string>();
  private readonly open = new Map<string, FakeDocument>();

  readonly fs = {
    readFile: (uri: Place): Promise<Uint8Array> => this.read(uri).then((text) => new TextEncoder().encode(text)),
    stat: (uri: Place): Promise<object> => this.read(uri).then(() => ({})),
    writeFile: (uri: Place, content: Uint8Array): Promise<void> => {
      this.files.set(uri.toString(), new TextDecoder().decode(content));
      return Promise.resolve();
    },
  };

  clear(): void {
    this.files.clear();
    this.failures.clear();
    this.open.clear();
  }

  async document(uri: Place): Promise<FakeDocument> {
    const known = this.open.get(uri.toString()) ?? new FakeDocument(uri, await this.read(uri), this.files);
    this.open.set(uri.toString(), known);
    return known;
  }

  async apply({ replacements }: WorkspaceEdit): Promise<boolean> {
    const placed = await Promise.all(
      replacements.map(async ({ uri, range, text }) => {
        const document = await this.document(uri);
        return { document, start: document.offsetAt(range.start), end: document.offsetAt(range.end), text };
      }),
    );
    for (const { document, start, end, text } of placed.sort((a, b) => b.start - a.start)) {
      document.set(document.getText().slice(0, start) + text + document.getText().slice(end));
    }
    return true;
  }

  private read(uri: Place): Promise<string> {
    const name = uri.toString();
    const text = this.files.get(name);
    const code = this.failures.get(name) ?? (text === undefined ? 'FileNotFound' : undefined);
    return code === undefined ? Promise.resolve(text ?? '') : Promise.reject(new FileSystemError(code));
  }
}
