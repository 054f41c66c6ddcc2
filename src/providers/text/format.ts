/** How the text of a file is found. */
export type TextFormat = 'plain' | 'markdown' | 'html' | 'code' | 'table' | 'json' | 'pdf' | 'binary';

const EXTENSIONS: Readonly<Record<Exclude<TextFormat, 'plain'>, string>> = {
  markdown: 'md markdown mdown mkd mdx',
  html: 'html htm xhtml',
  code: 'ts tsx mts cts js jsx mjs cjs py pyi java kt kts scala swift go rs c h cc cpp cxx hpp hh cs php rb lua dart sh bash zsh ps1 pl r jl ex exs',
  table: 'csv tsv',
  json: 'json jsonl ndjson',
  pdf: 'pdf',
  binary:
    'png jpg jpeg gif webp bmp tif tiff ico heic avif mp3 wav flac ogg m4a mp4 mov mkv avi webm zip gz tar bz2 xz 7z rar docx xlsx pptx doc xls ppt odt ods odp epub exe dll so dylib class jar wasm woff woff2 ttf otf sqlite db',
};

const FORMAT_OF = new Map<string, TextFormat>(
  Object.entries(EXTENSIONS).flatMap(([format, list]) =>
    list.split(' ').map((extension) => [extension, format as TextFormat] as const),
  ),
);

/** The format that a file's extension says; files of any other extension are read as plain text. */
export function formatOf(path: string): TextFormat {
  return FORMAT_OF.get(extensionOf(path)) ?? 'plain';
}

/** Lower-case extension without the dot; empty where there is none. */
export function extensionOf(path: string): string {
  return /[^/]\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}
