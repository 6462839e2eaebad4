// SPDX-License-Identifier: GPL-2.0
/*
 * An SPI controller with nothing behind it that keeps all that is sent, for
 * tests: /dev/spidev0.0 and 0.1 in front, /dev/spicap behind. Each transfer reads from
 * there as one struct record and its bytes, in the machine's byte order, from the
 * module's load on; a reader at the end waits. What is received is zero.
 *
 * /sys/module/spicap/parameters/fail set to 1 makes every transfer an I/O error.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/spi/spi.h>
#include <linux/vmalloc.h>

#define KEEP (16 << 20)	/* an hour of a scrolling panel */

struct record {
	u64 ns;		/* since boot */
	u32 speed;	/* Hz */
	u32 len;	/* bytes behind this */
	u16 mode;
	u8 cs, bits, last, pad[3];	/* last: chip select is released after it */
};

static bool fail;
module_param(fail, bool, 0644);

static u8 *kept;
static size_t end;	/* grows only; under lock */
static bool lost;
static DEFINE_MUTEX(lock);
static DECLARE_WAIT_QUEUE_HEAD(more);

static void keep(struct spi_device *spi, struct spi_transfer *t, bool last)
{
	struct record r = { .ns = ktime_get_ns(), .speed = t->speed_hz, .len = t->len,
		.mode = spi->mode, .cs = spi->chip_select, .bits = t->bits_per_word, .last = last };

	mutex_lock(&lock);
	if (end + sizeof(r) + t->len > KEEP) {
		lost = true;
	} else {
		memcpy(kept + end, &r, sizeof(r));
		if (t->tx_buf)
			memcpy(kept + end + sizeof(r), t->tx_buf, t->len);
		end += sizeof(r) + t->len;
	}
	mutex_unlock(&lock);
	wake_up_interruptible(&more);
}

static int transfer(struct spi_controller *c, struct spi_message *m)
{
	struct spi_transfer *t;

	m->status = fail ? -EIO : 0;
	list_for_each_entry(t, &m->transfers, transfer_list) {
		bool last = list_is_last(&t->transfer_list, &m->transfers) != t->cs_change;

		if (fail)
			break;
		if (t->rx_buf)
			memset(t->rx_buf, 0, t->len);
		keep(m->spi, t, last);
		m->actual_length += t->len;
	}
	spi_finalize_current_message(c);
	return 0;
}

static ssize_t spicap_read(struct file *f, char __user *to, size_t n, loff_t *pos)
{
	int err = 0;

	if (!(f->f_flags & O_NONBLOCK))
		err = wait_event_interruptible(more, READ_ONCE(end) > *pos || READ_ONCE(lost));
	if (err)
		return err;
	if (READ_ONCE(end) <= *pos)
		return READ_ONCE(lost) ? -EOVERFLOW : -EAGAIN;
	return simple_read_from_buffer(to, n, pos, kept, READ_ONCE(end));
}

static const struct file_operations fops = { .owner = THIS_MODULE, .read = spicap_read, .llseek = default_llseek };
static struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR, .name = "spicap", .fops = &fops };
static struct platform_device *pdev;
static struct spi_controller *ctlr;

static int __init spicap_init(void)
{
	/* One of the chips that spidev is for; spidev takes no "spidev" since Linux 6. */
	struct spi_board_info info = { .modalias = "dh2228fv", .max_speed_hz = 10000000 };
	int err = -ENOMEM;

	kept = vzalloc(KEEP);
	if (!kept)
		return err;
	pdev = platform_device_register_simple("spicap", -1, NULL, 0);
	if (IS_ERR(pdev)) {
		vfree(kept);
		return PTR_ERR(pdev);
	}
	ctlr = spi_alloc_master(&pdev->dev, 0);
	if (!ctlr)
		goto device;
	ctlr->bus_num = 0;
	ctlr->num_chipselect = 2;
	ctlr->mode_bits = SPI_MODE_X_MASK | SPI_CS_HIGH | SPI_LSB_FIRST;
	ctlr->transfer_one_message = transfer;
	err = spi_register_controller(ctlr);
	if (err) {
		spi_controller_put(ctlr);
		goto device;
	}
	for (; info.chip_select < 2; info.chip_select++)
		if (!spi_new_device(ctlr, &info))
			pr_warn("spicap: no device %u\n", info.chip_select);
	err = misc_register(&misc);
	if (!err)
		return 0;
	spi_unregister_controller(ctlr);
device:
	platform_device_unregister(pdev);
	vfree(kept);
	return err;
}

static void __exit spicap_exit(void)
{
	misc_deregister(&misc);
	spi_unregister_controller(ctlr);
	platform_device_unregister(pdev);
	vfree(kept);
}

module_init(spicap_init);
module_exit(spicap_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SPI controller that keeps what is sent");
