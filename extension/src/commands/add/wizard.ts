import * as vscode from 'vscode';

/** `skipped`: there was nothing to ask. */
export type StepResult = 'next' | 'skipped' | 'back' | 'cancel';

/** Where a step stands among the others. */
export interface StepPlace {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly canGoBack: boolean;
}

/** Asks for one thing, and writes the answer into the draft. */
export type Step<T> = (draft: T, place: StepPlace) => Promise<StepResult>;

/** Asks step after step; Back returns to the last one that asked. False when the user left. */
export async function runWizard<T>(title: string, steps: readonly Step<T>[], draft: T): Promise<boolean> {
  const asked: number[] = [];
  for (let index = 0; ; ) {
    const step = steps[index];
    if (!step) {
      return true;
    }
    const result = await step(draft, { title, step: index + 1, totalSteps: steps.length, canGoBack: asked.length > 0 });
    switch (result) {
      case 'next':
        asked.push(index);
        index++;
        break;
      case 'skipped':
        index++;
        break;
      case 'back':
        index = asked.pop() ?? 0;
        break;
      case 'cancel':
        return false;
    }
  }
}

export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value?: T;
}

export interface PickOptions<T> {
  readonly placeholder: string;
  readonly load: (token: vscode.CancellationToken) => Promise<readonly PickItem<T>[]>;
  /** The label of a row that lets the user type instead; it is all there is when loading fails. */
  readonly manualLabel?: string;
  /** Knows the answer given before, when the user came back. */
  readonly isPrevious: (value: T) => boolean;
  /** Do not ask when there is one choice. */
  readonly skipSingle: boolean;
}

/** The answer, or how the step ended without one. `manual`: the user wants to type. */
export type PickAnswer<T> = { readonly value: T; readonly skipped: boolean } | 'manual' | 'back' | 'cancel';

export async function pick<T>(place: StepPlace, options: PickOptions<T>): Promise<PickAnswer<T>> {
  const input = vscode.window.createQuickPick<PickItem<T>>();
  Object.assign(input, { title: place.title, step: place.step, totalSteps: place.totalSteps });
  input.placeholder = options.placeholder;
  input.matchOnDescription = true;
  input.ignoreFocusOut = true;
  input.busy = true;
  input.buttons = place.canGoBack ? [vscode.QuickInputButtons.Back] : [];
  const loading = new vscode.CancellationTokenSource();
  const manual: PickItem<T>[] = options.manualLabel === undefined ? [] : [{ label: options.manualLabel, iconPath: new vscode.ThemeIcon('edit'), alwaysShow: true }];
  const disposables: vscode.Disposable[] = [input, loading];
  try {
    return await new Promise<PickAnswer<T>>((resolve, reject) => {
      disposables.push(
        input.onDidTriggerButton(() => {
          resolve('back');
        }),
        input.onDidHide(() => {
          resolve('cancel');
        }),
        input.onDidAccept(() => {
          const [item] = input.selectedItems;
          if (item) {
            resolve(item.value === undefined ? 'manual' : { value: item.value, skipped: false });
          }
        }),
      );
      input.show();
      options.load(loading.token).then(
        (items) => {
          const choices = items.filter(({ value }) => value !== undefined);
          if (options.skipSingle && choices[0]?.value !== undefined && choices.length === 1) {
            resolve({ value: choices[0].value, skipped: true });
          }
          input.busy = false;
          input.items = [...items, ...manual];
          // Set only when there is one: with none, Enter would choose nothing.
          const previous = choices.filter(({ value }) => value !== undefined && options.isPrevious(value));
          if (previous.length > 0) {
            input.activeItems = previous;
          }
        },
        (error: unknown) => {
          if (manual.length === 0) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
          input.busy = false;
          // On the row, where it stays while the user types and is read out.
          const detail = error instanceof Error ? error.message : String(error);
          input.items = manual.map((item) => ({ ...item, detail }));
        },
      );
    });
  } finally {
    loading.cancel();
    vscode.Disposable.from(...disposables).dispose();
  }
}

export interface AskOptions {
  readonly prompt: string;
  /** Where it has to be asked for, the input is there meanwhile: without one the keys would go to the editor. */
  readonly value: string | (() => Promise<string>);
  readonly placeholder?: string;
  /** A sentence when the value cannot be accepted. One with `isWarning` is shown but accepted. */
  readonly validate: (value: string) => Promise<{ message: string; isWarning: boolean } | undefined>;
  /** Other ways to accept, as buttons beside the input. */
  readonly alternatives?: readonly vscode.QuickInputButton[];
}

/** `chosen`: the alternative that was pressed, if it was not Enter. */
export type AskAnswer = { readonly value: string; readonly chosen?: vscode.QuickInputButton } | 'back' | 'cancel';

/** @param place A title alone is enough outside of a wizard. */
export async function ask(place: Pick<StepPlace, 'title'> & Partial<StepPlace>, options: AskOptions): Promise<AskAnswer> {
  const input = vscode.window.createInputBox();
  Object.assign(input, place.step === undefined ? { title: place.title } : { title: place.title, step: place.step, totalSteps: place.totalSteps });
  input.prompt = options.prompt;
  input.value = typeof options.value === 'string' ? options.value : '';
  input.placeholder = options.placeholder;
  input.ignoreFocusOut = true;
  input.buttons = [...(place.canGoBack ? [vscode.QuickInputButtons.Back] : []), ...(options.alternatives ?? [])];
  const disposables: vscode.Disposable[] = [input];
  try {
    return await new Promise<AskAnswer>((resolve, reject) => {
      const validate = async (): Promise<boolean> => {
        const { value } = input;
        const verdict = await options.validate(value.trim());
        if (value === input.value) {
          input.validationMessage = verdict && { message: verdict.message, severity: verdict.isWarning ? vscode.InputBoxValidationSeverity.Warning : vscode.InputBoxValidationSeverity.Error };
        }
        return verdict === undefined || verdict.isWarning;
      };
      const suggest = async (): Promise<void> => {
        if (typeof options.value !== 'string') {
          input.busy = true;
          const value = await options.value();
          input.busy = false;
          if (input.value === '') {
            input.value = value;
            input.valueSelection = [0, value.length];
          }
        }
        await validate();
      };
      const suggested = suggest();
      suggested.catch(reject);
      const accept = (chosen?: vscode.QuickInputButton): void => {
        // Whoever accepts before the suggestion is there accepts it.
        suggested.then(validate).then((isValid) => {
          if (isValid) {
            resolve({ value: input.value.trim(), ...(chosen ? { chosen } : {}) });
          }
        }, reject);
      };
      disposables.push(
        input.onDidTriggerButton((button) => {
          if (options.alternatives?.includes(button)) {
            accept(button);
          } else {
            resolve('back');
          }
        }),
        input.onDidHide(() => {
          resolve('cancel');
        }),
        input.onDidChangeValue(() => {
          validate().catch(reject);
        }),
        input.onDidAccept(() => {
          accept();
        }),
      );
      input.show();
    });
  } finally {
    vscode.Disposable.from(...disposables).dispose();
  }
}
