"""HTML pages: templates, charts as SVG coordinates, images, and number formatting."""
