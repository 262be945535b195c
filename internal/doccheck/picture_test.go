package doccheck_test

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var takePicture = flag.Bool("picture", false, "take the screenshot of the console again")

const (
	picture       = "docs/console.png"
	pictureWidth  = 1280
	pictureHeight = 800
)

// TestPicture tells that the README's picture is a screenshot of the right size; -picture
// takes it again, of the demo's sync history with one sync opened.
func TestPicture(t *testing.T) {
	file := filepath.Join(top, picture)
	if *takePicture {
		if err := os.WriteFile(file, screenshot(t, theDemo(t)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	image, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || image.Width != pictureWidth || image.Height != pictureHeight || len(data) > 300<<10 {
		t.Errorf("%s has %d × %d pixels and %d bytes: %v", picture, image.Width, image.Height, len(data), err)
	}
}

func screenshot(t *testing.T, d *demo) []byte {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(pictureWidth, pictureHeight))...)
	defer stopBrowser()
	ctx, stopTab := chromedp.NewContext(ctx)
	defer stopTab()
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: pictureWidth, Height: pictureHeight, DeviceScaleFactor: 1}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(d.signIn), chromedp.Navigate(d.console+"/history"), chromedp.Click(chromedp.CSS("tbody tr:nth-child(2) a")),
		chromedp.WaitVisible(chromedp.CSS("dialog.drawer[open]")), chromedp.Sleep(time.Second)); err != nil { // the drawer slides in
		t.Fatal(err)
	}
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	return shot
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium in PATH to take the picture with")
	return ""
}
