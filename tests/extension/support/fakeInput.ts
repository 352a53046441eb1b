interface Item {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly buttons?: readonly { readonly tooltip: string }[];
}

type Listener = (event?: unknown) => unknown;

/** A quick pick or an input box, answered by the test instead of by a person. */
export class FakeInput {
  value = '';
  placeholder: string | undefined;
  busy = false;
  items: readonly Item[] = [];
  activeItems: readonly Item[] = [];
  selectedItems: readonly Item[] = [];
  validationMessage: { message: string } | undefined;
  /** Nobody waits for it any more. */
  isDone = false;
  private accepted: Listener = () => undefined;
  private pressed: Listener = () => undefined;
  private changed: Listener = () => undefined;
  private itemPressed: Listener = () => undefined;
  private hidden: Listener = () => undefined;

  constructor(private readonly shown: FakeInput[]) {}

  readonly onDidAccept = (listener: Listener): { dispose(): void } => this.listen(() => (this.accepted = listener));
  readonly onDidTriggerButton = (listener: Listener): { dispose(): void } => this.listen(() => (this.pressed = listener));
  readonly onDidChangeValue = (listener: Listener): { dispose(): void } => this.listen(() => (this.changed = listener));
  readonly onDidTriggerItemButton = (listener: Listener): { dispose(): void } => this.listen(() => (this.itemPressed = listener));
  readonly onDidHide = (listener: Listener): { dispose(): void } => this.listen(() => (this.hidden = listener));

  show(): void {
    this.shown.push(this);
  }

  hide(): void {
    this.hidden();
  }

  dispose(): void {
    this.isDone = true;
  }

  /** Chooses the first row that says so. */
  choose(label: string, description = ''): void {
    this.selectedItems = this.items.filter((item) => item.label === label && (item.description ?? '').includes(description)).slice(0, 1);
    this.isDone = true;
    this.accepted();
  }

  /** Presses the button of a row that has this tooltip. */
  pressOn(label: string, tooltip: string): void {
    const item = this.items.find((row) => row.label === label);
    this.itemPressed({ item, button: item?.buttons?.find((button) => button.tooltip === tooltip) });
  }

  type(value: string): void {
    this.value = value;
    this.changed(value);
  }

  accept(): void {
    this.isDone = true;
    this.accepted();
  }

  press(button: unknown): void {
    this.isDone = true;
    this.pressed(button);
  }

  private listen(subscribe: () => unknown): { dispose(): void } {
    subscribe();
    return { dispose: () => undefined };
  }
}
