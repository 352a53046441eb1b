import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['dist/', 'artifacts/', '.cache/', 'test-results/', '**/bin/', '**/obj/', '**/*.generated.ts']),
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', fetch: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', Buffer: 'readonly', AbortController: 'readonly', AbortSignal: 'readonly', TextDecoder: 'readonly', setInterval: 'readonly', clearInterval: 'readonly', setImmediate: 'readonly', performance: 'readonly' } },
  },
  {
    files: ['extension/src/**/*.ts', 'tests/extension/**/*.ts', 'tests/e2e/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The editor's API takes every object with a dispose method.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } }],
      'max-lines': ['error', 300],
      eqeqeq: 'error',
    },
  },
  {
    // The model is plain data: it runs, and is tested, without an editor.
    files: ['extension/src/model/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'vscode', message: 'The model never knows the editor.' }], patterns: ['../views/*', '../commands/*', '../workspace/*'] }] },
  },
  {
    // The editor turns `[text](command:…)` in a notification into a link.
    files: ['extension/src/**/*.ts'],
    ignores: ['extension/src/views/notify.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'MemberExpression[property.name=/^show(Error|Warning|Information)Message$/]', message: 'Use views/notify.' }] },
  },
  {
    // vscode-jsonrpc and jsonc-parser cost half of the activation budget: they are loaded on first use.
    files: ['extension/src/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: ['vscode-jsonrpc', 'vscode-jsonrpc/node', 'jsonc-parser'].map((name) => ({ name, allowTypeImports: true, message: 'Import it lazily: await import(…).' })) }] },
  },
  {
    files: ['tests/extension/**/*.ts', 'tests/e2e/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
