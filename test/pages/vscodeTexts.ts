/** Stands for the module `vscode` where host code asks it for nothing but English texts. */
export const l10n = {
  t: (message: string, ...values: readonly unknown[]): string =>
    message.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
};
