import { defineConfig } from "vite";

// Names in dist/ are stable (no hashes): the program embeds these files, and a diff of two builds stays readable.
export default defineConfig({
  build: {
    target: "es2022",
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: { entryFileNames: "app.js", chunkFileNames: "[name].js", assetFileNames: "app.[ext]" },
    },
  },
  server: {
    port: 7321,
    proxy: {
      "/api": "http://127.0.0.1:7311",
      "/report": "http://127.0.0.1:7311",
    },
  },
  preview: {
    port: 7322,
    proxy: {
      "/api": "http://127.0.0.1:7311",
      "/report": "http://127.0.0.1:7311",
    },
  },
});
