"""HTML pages: templates, charts as numbers for SVG, images, and how numbers are formatted."""
